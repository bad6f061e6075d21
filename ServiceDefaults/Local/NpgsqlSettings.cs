namespace Aspire.Npgsql;

/// <summary>Settings of one data source: sections <c>Aspire:Npgsql</c> and <c>Aspire:Npgsql:{name}</c>.</summary>
public sealed class NpgsqlSettings
{
    /// <summary>Wins over the sections: <c>ConnectionStrings:{name}</c>.</summary>
    public string? ConnectionString { get; set; }

    public bool DisableHealthChecks { get; set; }

    public bool DisableTracing { get; set; }

    public bool DisableMetrics { get; set; }
}
