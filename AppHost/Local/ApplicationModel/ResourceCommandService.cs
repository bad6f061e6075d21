using Aspire.Hosting.Local.Engine;

namespace Aspire.Hosting.ApplicationModel;

public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }

    public bool Canceled { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Message { get; init; }

    public string? ErrorMessage => Message;
}

/// <summary>Starts, stops and restarts resources.</summary>
public class ResourceCommandService
{
    private readonly ApplicationEngine _engine;

    internal ResourceCommandService(ApplicationEngine engine) => _engine = engine;

    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return ExecuteCommandAsync(resource.Name, commandName, cancellationToken);
    }

    /// <param name="resourceId">An instance's id; or a resource's name, for all of its instances.</param>
    /// <param name="commandName">One of <see cref="KnownResourceCommands"/>.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(commandName);
        var supervisors = _engine.Supervisors(resourceId);
        if (supervisors.Count == 0)
        {
            return Failure($"There is nothing named '{resourceId}' to {commandName}.");
        }

        var results = await Task.WhenAll(supervisors.Select(s => ExecuteAsync(s, commandName, cancellationToken)));
        return results.FirstOrDefault(r => !r.Success) ?? results[0];
    }

    private static ExecuteCommandResult Failure(string message) => new() { Success = false, Message = message };

    private static async Task<ExecuteCommandResult> ExecuteAsync(Supervisor supervisor, string commandName, CancellationToken cancellationToken)
    {
        try
        {
            var problem = commandName switch
            {
                // Up to Aspire 13.1 the names had a prefix.
                "start" or "resource-start" => await supervisor.StartCommandAsync(cancellationToken),
                "stop" or "resource-stop" => await supervisor.StopCommandAsync(cancellationToken),
                "restart" or "resource-restart" => await supervisor.RestartCommandAsync(cancellationToken),
                _ => $"There is no command '{commandName}'.",
            };
            return problem is null ? new() { Success = true } : Failure(problem);
        }
        catch (OperationCanceledException)
        {
            return new() { Success = false, Canceled = true };
        }
    }
}
