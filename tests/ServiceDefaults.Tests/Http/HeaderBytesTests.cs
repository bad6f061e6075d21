using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Builder;
using ServiceDefaults.Http;
using ServiceDefaults.Tests.Infrastructure;

namespace ServiceDefaults.Tests.Http;

/// <summary>Field values of any bytes (RFC 9110 §5.5) reach the application, which answers in its own words.</summary>
public sealed class HeaderBytesTests
{
    [Theory]
    [InlineData("\u00ff\u00fe", "\ufffd\ufffd")] // no UTF-8 at all
    [InlineData("caf\u00c3\u00a9", "caf\u00e9")]
    public async Task Request_HeaderBytes_ReachTheApplication(string bytes, string expected)
    {
        var seen = "";
        await using var web = await TestWeb.StartAsync(app =>
        {
            app.UseCorrelationId();
            app.UseErrorBodies();
            app.Run(context =>
            {
                seen = context.Request.Headers["X-Odd"].ToString();
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
                return Task.CompletedTask;
            });
        });

        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", web.Client.BaseAddress!.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Odd: {bytes}\r\n\r\n"), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Equal(expected, seen);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        Assert.Contains(CorrelationId.HeaderName, answer, StringComparison.OrdinalIgnoreCase);
    }
}
