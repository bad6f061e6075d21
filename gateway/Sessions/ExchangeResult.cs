namespace Gateway.Sessions;

/// <summary>What came of the exchange of a session token.</summary>
/// <param name="Status">
/// 200; 401 if the session is not valid; 403 if its account may not act (identity-auth's mask of suspicious activity, a bot); 503 for
/// anything else.
/// </param>
/// <param name="Authorization">With 200: the value of the header field that the service receives.</param>
internal sealed record ExchangeResult(int Status, string? Authorization)
{
    public static readonly ExchangeResult Unauthorized = new(StatusCodes.Status401Unauthorized, null);
    public static readonly ExchangeResult Forbidden = new(StatusCodes.Status403Forbidden, null);
    public static readonly ExchangeResult Unavailable = new(StatusCodes.Status503ServiceUnavailable, null);

    public static ExchangeResult Granted(string accessToken) => new(StatusCodes.Status200OK, $"Bearer {accessToken}");
}
