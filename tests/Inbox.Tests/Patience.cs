namespace Inbox.Tests;

/// <summary>How long a test waits for what must come. Long, because a busy machine is slow; finite, because a test that fails must end.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
}
