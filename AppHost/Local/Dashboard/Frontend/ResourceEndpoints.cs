using System.Globalization;
using System.Text;
using Aspire.Hosting.Local.Dashboard.Live;

namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>What is asked for one resource: the values that are masked until a person clicks, commands, and the console as a file.</summary>
internal sealed class ResourceEndpoints(ResourceFeed resources, IDashboardSource source, TimeProvider clock, CancellationToken stopping)
{
    /// <summary>The source gives what it keeps at once; this is the bound when it does not.</summary>
    private static readonly TimeSpan DownloadTimeout = TimeSpan.FromSeconds(2);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/resources/{id}/environment", EnvironmentAsync);
        routes.MapGet("/api/resources/{id}/connection-string", ConnectionStringAsync);
        routes.MapGet("/api/resources/{id}/console.txt", DownloadAsync);
        routes.MapPost("/api/resources/{id}/commands/{command}", ExecuteAsync);
    }

    /// <summary>With <c>?name=</c> that one variable, else all that are not secret: a secret is shown one by one.</summary>
    private Task EnvironmentAsync(HttpContext context)
    {
        if (Find(context) is not { } resource)
        {
            return NotFoundAsync(context);
        }

        if (context.Request.Query["name"].FirstOrDefault() is not { } name)
        {
            return Answers.JsonAsync(context, resource.Environment.Where(variable => !variable.IsSecret).Select(variable => new { variable.Name, variable.Value }));
        }

        return resource.Environment.FirstOrDefault(variable => variable.Name == name) is { } found
            ? Answers.JsonAsync(context, new { found.Name, found.Value })
            : Answers.ErrorAsync(context, StatusCodes.Status404NotFound, "This resource has no such variable.");
    }

    private Task ConnectionStringAsync(HttpContext context)
        => Find(context)?.ConnectionString is { } value ? Answers.JsonAsync(context, new { value }) : NotFoundAsync(context);

    private async Task ExecuteAsync(HttpContext context)
    {
        if (Find(context) is not { } resource)
        {
            await NotFoundAsync(context);
            return;
        }

        var command = (string)context.GetRouteValue("command")!;
        if (command is not ("start" or "stop" or "restart"))
        {
            await Answers.ErrorAsync(context, StatusCodes.Status404NotFound, "There is no such command.");
            return;
        }

        if (!resource.Commands.Contains(command, StringComparer.Ordinal))
        {
            await Answers.ErrorAsync(context, StatusCodes.Status409Conflict, $"{resource.Name} is {resource.State}: it cannot {command} now.");
            return;
        }

        // Not the request's token: what a person ordered goes on when the page is closed.
        if (await source.ExecuteAsync(resource.Id, command, stopping) is { } error)
        {
            await Answers.ErrorAsync(context, StatusCodes.Status409Conflict, error);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>All lines that are kept, with times and colours taken out: a file to read and to attach.</summary>
    private async Task DownloadAsync(HttpContext context)
    {
        if (Find(context) is not { } resource)
        {
            await NotFoundAsync(context);
            return;
        }

        IReadOnlyList<DashboardLogLine> kept = [];
        using (var timeout = new CancellationTokenSource(DownloadTimeout, clock))
        using (var ending = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, context.RequestAborted, stopping))
        {
            try
            {
                await foreach (var batch in source.WatchLogsAsync(resource.Id, ending.Token))
                {
                    kept = batch;
                    break;
                }
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested)
            {
                // Nothing is kept.
            }
        }

        var now = clock.GetUtcNow();
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.ContentDisposition = string.Create(
            CultureInfo.InvariantCulture, $"attachment; filename=\"{FileName(resource.Id)}-{now:yyyyMMdd-HHmmss}.txt\"");

        var text = new StringBuilder();
        foreach (var line in kept)
        {
            text.Append(CultureInfo.InvariantCulture, $"{line.At.UtcDateTime:O} {(line.IsError ? "err" : "out")} {AnsiText.Strip(line.Text)}\n");
            if (text.Length > 64 * 1024)
            {
                await FlushAsync();
            }
        }

        await FlushAsync();

        async Task FlushAsync()
        {
            await context.Response.WriteAsync(text.ToString(), context.RequestAborted);
            text.Clear();
        }
    }

    private DashboardResource? Find(HttpContext context) => resources.Find((string)context.GetRouteValue("id")!);

    private static Task NotFoundAsync(HttpContext context) => Answers.ErrorAsync(context, StatusCodes.Status404NotFound, "There is no such resource.");

    private static string FileName(string id) => string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '_'));
}
