using System.Diagnostics;
using System.Text.Json;
using Gateway.Health;
using Gateway.Routing;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Gateway.Sessions;

/// <summary>
/// Asks identity-auth for an access token in the name of a session. The path is not in the route table, so that only the gateway can
/// call it: this call does not count against the user's limits.
/// </summary>
internal sealed partial class TokenEndpoint(IProxyStateLookup proxy, IHttpClientFactory clients, ILogger<TokenEndpoint> logger)
{
    /// <summary>Name of the <see cref="HttpClient"/>.</summary>
    public const string HttpClientName = "token-endpoint";

    /// <summary>Below <c>/internal</c>, which is not routed.</summary>
    public const string Path = "/internal/auth/token";

    /// <summary>A token has about 700 bytes.</summary>
    public const int MaxAnswerBytes = 16 * 1024;

    /// <summary>An answer takes a millisecond or two; clients of device-registry give up after ten seconds.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <summary>Exchanges a token. Never fails: what goes wrong is a status.</summary>
    /// <param name="clientAddress">Whose request it is, for the session's records.</param>
    public async Task<ExchangeResult> ExchangeAsync(string token, string clientAddress, string correlationId)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            // Well ones first; when none looks well, a try is worth more than a certain refusal.
            foreach (var instance in Instances())
            {
                try
                {
                    return await CallAsync(instance, token, clientAddress, correlationId, timeout.Token);
                }
                catch (Exception exception) when (Connection.WasRefused(exception) && !timeout.IsCancellationRequested)
                {
                    // Nothing was sent: the next one.
                }
            }

            LogFailure("no instance", correlationId);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException or JsonException or InvalidOperationException)
        {
            LogFailure(exception.GetType().Name, correlationId);
        }

        return ExchangeResult.Unavailable;
    }

    private IEnumerable<DestinationState> Instances()
        => proxy.TryGetCluster(ServiceNames.IdentityAuth, out var cluster)
            ? cluster.DestinationsState.AllDestinations.OrderBy(IsIll).ThenBy(_ => Random.Shared.Next())
            : [];

    private static bool IsIll(DestinationState instance)
        => instance.Health is { Active: DestinationHealth.Unhealthy } or { Passive: DestinationHealth.Unhealthy };

    private async Task<ExchangeResult> CallAsync(
        DestinationState instance, string token, string clientAddress, string correlationId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, instance.Model.Config.Address + Path);
        request.Headers.TryAddWithoutValidation("Authorization", token);
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", clientAddress);
        request.Headers.TryAddWithoutValidation(ServiceDefaults.Http.CorrelationId.HeaderName, correlationId);
        DistributedContextPropagator.Current.Inject(
            Activity.Current, request.Headers, static (headers, name, value) => ((System.Net.Http.Headers.HttpRequestHeaders)headers!).TryAddWithoutValidation(name, value));

        using var response = await clients.CreateClient(HttpClientName).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        switch ((int)response.StatusCode)
        {
            case StatusCodes.Status200OK:
                await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken);
                await using (var body = await response.Content.ReadAsStreamAsync(cancellationToken))
                {
                    using var json = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
                    return json.RootElement.TryGetProperty("access_token", out var value) && value.GetString() is { Length: > 0 } accessToken
                        ? ExchangeResult.Granted(accessToken)
                        : ExchangeResult.Unavailable;
                }

            case StatusCodes.Status401Unauthorized:
                return ExchangeResult.Unauthorized;
            case StatusCodes.Status403Forbidden:
                return ExchangeResult.Forbidden;
            default:
                LogFailure($"status {(int)response.StatusCode}", correlationId);
                return ExchangeResult.Unavailable;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A session token could not be exchanged: {Reason}, correlation id {CorrelationId}.")]
    private partial void LogFailure(string reason, string correlationId);
}
