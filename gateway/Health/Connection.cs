namespace Gateway.Health;

internal static class Connection
{
    /// <summary>
    /// No connection came about, so nothing of the request was sent: it may go to another instance, whatever its method.
    /// </summary>
    public static bool WasRefused(Exception? exception)
        => exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError }
            // SocketsHttpHandler reports its ConnectTimeout so.
            or OperationCanceledException { InnerException: TimeoutException };
}
