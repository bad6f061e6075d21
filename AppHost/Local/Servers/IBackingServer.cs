namespace Aspire.Hosting.Local.Servers;

/// <summary>
/// A server of the machine that runs as a child of AppHost on the loopback interface, with data of its own.
/// One instance may be started again after it has stopped or died.
/// </summary>
internal interface IBackingServer : IAsyncDisposable
{
    /// <summary>Name of the resource.</summary>
    string Name { get; }

    /// <summary>Version of the program, such as <c>15.20</c>; empty before the first start.</summary>
    string Version { get; }

    /// <summary>Null while it does not run.</summary>
    int? ProcessId { get; }

    /// <summary>Exit code of the process of the latest <see cref="StartAsync"/>; completes when the server has ended, however.</summary>
    Task<int> Exited { get; }

    /// <summary>Returns when the server takes authenticated connections.</summary>
    /// <exception cref="DistributedApplicationException">It cannot start; the message says why and what to do.</exception>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Makes one real connection; throws when that fails.</summary>
    Task CheckHealthAsync(CancellationToken cancellationToken);

    /// <summary>Ends the server, its data safe on disk; a cancelled token ends it by force.</summary>
    Task StopAsync(CancellationToken cancellationToken);
}
