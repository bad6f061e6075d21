using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local.Engine;

/// <summary>Copies consoles of resources into logging, category <c>{application}.Resources.{name}</c>: how a test sees them.</summary>
internal sealed class LogForwarder(ResourceLoggerService logs, ILoggerFactory loggerFactory, string applicationName) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _forwarding = [];

    public void Forward(ResourceInstance instance) => _forwarding.Add(ForwardAsync(instance));

    public async ValueTask DisposeAsync()
    {
        // The logs are complete by now: what is left is written, then the loops end by themselves.
        await Task.WhenAll(_forwarding).WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync();
        _stop.Dispose();
    }

    private async Task ForwardAsync(ResourceInstance instance)
    {
        var logger = loggerFactory.CreateLogger($"{applicationName}.Resources.{instance.Resource.Name}");
        await foreach (var batch in logs.EntriesAsync(instance.Id, _stop.Token))
        {
            foreach (var entry in batch)
            {
                logger.Log(entry.IsError ? LogLevel.Error : LogLevel.Information, "{Line}", entry.Text);
            }
        }
    }
}
