namespace Aspire.Hosting.Local.Dashboard.Live;

/// <summary>A resource as the pages see it: names of environment variables, never their values, and no connection string.</summary>
internal sealed record ResourceView(
    string Id,
    int Order,
    string Name,
    string Type,
    string? Parent,
    string State,
    string? Health,
    int? ExitCode,
    int Restarts,
    int? ProcessId,
    DateTimeOffset? StartedAt,
    string? Source,
    string? WaitingFor,
    IReadOnlyList<DashboardUrl> Urls,
    IReadOnlyList<VariableView> Environment,
    IReadOnlyList<DashboardHealthReport> HealthReports,
    IReadOnlyList<DashboardRelationship> Relationships,
    bool HasConnectionString,
    IReadOnlyList<string> Commands,
    bool IsHidden)
{
    public static ResourceView Of(DashboardResource resource, int order) => new(
        resource.Id,
        order,
        resource.Name,
        resource.Type,
        resource.Parent,
        resource.State,
        resource.Health,
        resource.ExitCode,
        resource.Restarts,
        resource.ProcessId,
        resource.StartedAt,
        resource.Source,
        resource.WaitingFor,
        resource.Urls,
        [.. resource.Environment.Select(variable => new VariableView(variable.Name, variable.IsSecret))],
        resource.HealthReports,
        resource.Relationships,
        resource.ConnectionString is not null,
        resource.Commands,
        resource.IsHidden);
}

internal sealed record VariableView(string Name, bool IsSecret);

/// <summary>Short names: thousands of them go over the wire.</summary>
/// <param name="N">Number.</param>
/// <param name="T">Milliseconds since the Unix epoch.</param>
/// <param name="X">Text.</param>
/// <param name="E">Whether it went to the standard error stream.</param>
internal sealed record LogLineView(long N, long T, string X, bool E)
{
    public static LogLineView Of(DashboardLogLine line) => new(line.Number, line.At.ToUnixTimeMilliseconds(), line.Text, line.IsError);
}
