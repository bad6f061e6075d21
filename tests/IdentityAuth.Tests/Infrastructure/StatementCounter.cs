using System.Diagnostics;
using Npgsql;

namespace IdentityAuth.Tests.Infrastructure;

/// <summary>Counts the statements with a certain text that were run in one database.</summary>
internal sealed class StatementCounter : IDisposable
{
    private readonly ActivityListener _listener;
    private int _count;

    public StatementCounter(string database, string text)
    {
        var name = new NpgsqlConnectionStringBuilder(database).Database;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.TagObjects.Any(tag => tag.Value as string == name)
                    && activity.TagObjects.Any(tag => tag.Value is string value && value.Contains(text, StringComparison.Ordinal)))
                {
                    Interlocked.Increment(ref _count);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public int Count => Volatile.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
