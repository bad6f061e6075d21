using Campaigns.Tests.Faults.Loads;

namespace Campaigns.Tests.Secrets;

/// <summary>Something that must not be found in logs, telemetry or messages.</summary>
/// <param name="Name">For the report, which does not repeat the value.</param>
internal sealed record Secret(string Name, string Value)
{
    /// <summary>Types of messages in which the contract puts it.</summary>
    public IReadOnlyCollection<string> AllowedIn { get; init; } = [];
}

/// <summary>
/// Uses one service as clients do, rightly and wrongly, with secrets that can be recognised. Every class that implements this is found by itself
/// and made with its parameterless constructor.
/// </summary>
internal interface ISecretStory
{
    /// <returns>Everything secret or personal that was sent or received.</returns>
    Task<IReadOnlyList<Secret>> RunAsync(LoadContext context);
}
