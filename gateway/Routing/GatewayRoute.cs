namespace Gateway.Routing;

/// <summary>One row of the route table.</summary>
/// <param name="Id">Name in logs and traces.</param>
/// <param name="Pattern">
/// Route pattern. <c>{**rest}</c> takes any number of segments, none included. Its literal part is compared with regard to
/// case, because paths are case-sensitive (RFC 3986 §6.2.2.1) and at least one contract says so.
/// </param>
/// <param name="Service">One of <see cref="ServiceNames"/>: where requests go, and whose error bodies the gateway writes.</param>
internal sealed record GatewayRoute(string Id, string Pattern, string Service)
{
    /// <summary>The pattern up to its first parameter, without a slash at its end.</summary>
    public string Literal { get; } = Pattern.Split('{')[0].TrimEnd('/');

    /// <summary>
    /// The answer to a GET is an event stream: no time-out, neither buffered nor compressed, counted apart from other requests.
    /// Other methods on the path are ordinary requests.
    /// </summary>
    public bool EventStream { get; init; }

    /// <summary>The first segment is the gateway's own and is taken off before the request goes on.</summary>
    public bool RemoveFirstSegment { get; init; }
}
