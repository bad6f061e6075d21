using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using ServiceDefaults.Http;
using ServiceDefaults.Tests.Infrastructure;
using TestSupport;

namespace ServiceDefaults.Tests.Http;

/// <summary>Attribute <c>error.type</c> of the server's metric.</summary>
public sealed class RefusalReasonTests
{
    [Theory]
    [InlineData("/fine", 200, null)]
    [InlineData("/nothing-here", 404, "not_found")]
    [InlineData("/told", 401, "signature")]
    [InlineData("/told-and-bare", 401, "time")] // the cause says more than the body that is written for it
    [InlineData("/throws", 500, "internal_server_error")]
    public async Task Request_IsMeasuredWithTheReasonOfItsRefusal(string path, int status, string? reason)
    {
        await using var web = await TestWeb.StartAsync(app =>
        {
            app.UseErrorBodies();
            app.MapGet("/fine", () => "fine");
            app.MapGet("/told", (HttpContext http) =>
            {
                RefusalReason.Tell(http, "signature");
                RefusalReason.Tell(http, "second");
                return Results.Text("no", statusCode: 401);
            });
            app.MapGet("/told-and-bare", (HttpContext http) =>
            {
                RefusalReason.Tell(http, "time");
                return Results.Unauthorized();
            });
            app.MapGet("/throws", string () => throw new InvalidOperationException("secret"));
        });
        using var metrics = new RequestMetrics(web.Services.GetRequiredService<IMeterFactory>());
        using var request = new HttpRequestMessage(HttpMethod.Get, path);

        Assert.Equal((status, reason), await metrics.SendAsync(web.Client, request));
    }
}
