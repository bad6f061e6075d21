namespace Aspire.StackExchange.Redis;

/// <summary>Settings of one Redis connection: sections <c>Aspire:StackExchange:Redis</c> and <c>Aspire:StackExchange:Redis:{name}</c>.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary>Wins over the sections: <c>ConnectionStrings:{name}</c>.</summary>
    public string? ConnectionString { get; set; }

    public bool DisableHealthChecks { get; set; }

    /// <summary>Accepted as Aspire accepts it; this client library emits no spans.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Connect at first use instead of at start. Default: <see langword="true"/>.</summary>
    public bool DisableAutoActivation { get; set; } = true;
}
