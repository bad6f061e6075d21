using System.Text.Json;
using Aspire.Hosting.Local.Dashboard.Frontend;
using Microsoft.AspNetCore.Http.Features;

namespace Aspire.Hosting.Local.Dashboard.Live;

/// <summary>One browser's stream of server-sent events (HTML Living Standard §9.2), written by several topics.</summary>
internal sealed class EventStream(HttpResponse response) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1, 1);

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream";
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.StartAsync(cancellationToken);
    }

    /// <summary>Returns when the connection has taken the event: a slow browser slows only its own topics.</summary>
    public async Task SendAsync<T>(string name, T data, CancellationToken cancellationToken)
    {
        // JSON has no raw line end, so one data field holds it.
        var json = JsonSerializer.SerializeToUtf8Bytes(data, Answers.Json);
        await turn.WaitAsync(cancellationToken);
        try
        {
            await response.WriteAsync($"event: {name}\ndata: ", cancellationToken);
            await response.BodyWriter.WriteAsync(json, cancellationToken);
            await response.WriteAsync("\n\n", cancellationToken);
            await response.BodyWriter.FlushAsync(cancellationToken);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();
}
