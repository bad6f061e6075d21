using System.Net.Sockets;
using System.Text;

namespace Gateway.Tests.Support;

/// <summary>Sends bytes that no HTTP library would, and reads what comes back.</summary>
internal static class RawHttp
{
    /// <summary>
    /// Sends <paramref name="request"/> (Latin-1) and returns the whole answer, to the end of the connection: the request says
    /// <c>Connection: close</c>, or is one after which the server closes anyway.
    /// </summary>
    public static async Task<string> SendAsync(Uri address, string request)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port, patience.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
        using var answer = new MemoryStream();
        try
        {
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (IOException) when (answer.Length > 0)
        {
            // After an answer to half a request the server may end the connection the hard way.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }

    public static int StatusOf(string answer) => int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
