using System.Text.Json;
using ServiceDefaults.Http;

namespace Pairing.Http;

/// <summary>
/// One way in which this API refuses: problem details (RFC 9457) with the stable code in <c>error</c>, as contract §1.1 shows them.
/// </summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">Member <c>title</c>.</param>
/// <param name="Error">The stable code: members <c>error</c> and <c>detail</c>.</param>
/// <param name="Meaning">What it means, for the API's description; not sent.</param>
public sealed record Problem(int Status, string Title, string Error, string Meaning) : IResult, IDescribedRefusal
{
    private const string MediaType = "application/problem+json";

    /// <summary>How long a client should wait that we have to send away, in seconds.</summary>
    private const string DefaultRetryAfter = "2";

    string IDescribedRefusal.Code => Error;

    public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext.Response, fields: null);

    /// <summary>The same problem, naming the fields that are at fault.</summary>
    public IResult With(IReadOnlyDictionary<string, string> fields) => new ProblemWithFields(this, fields);

    /// <summary>The same problem, saying when to come back.</summary>
    public IResult RetryAfter(TimeSpan wait) => new ProblemWithRetry(this, wait);

    internal async Task WriteAsync(HttpResponse response, IReadOnlyDictionary<string, string>? fields)
    {
        RefusalReason.Tell(response.HttpContext, Error);
        response.StatusCode = Status;
        response.ContentType = MediaType;
        if (Status == StatusCodes.Status401Unauthorized)
        {
            // RFC 6750 §3.
            response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        }

        if (Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable && response.Headers.RetryAfter.Count == 0)
        {
            response.Headers.RetryAfter = DefaultRetryAfter;
        }

        if (HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            return;
        }

        Write(response, fields);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
    }

    private void Write(HttpResponse response, IReadOnlyDictionary<string, string>? fields)
    {
        var clock = response.HttpContext.RequestServices.GetRequiredService<TimeProvider>();
        using var writer = new Utf8JsonWriter(response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "about:blank"u8);
        writer.WriteString("title"u8, Title);
        writer.WriteNumber("status"u8, Status);
        writer.WriteString("detail"u8, Error);
        writer.WriteString("error"u8, Error);
        writer.WriteString("timestamp"u8, clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null));
        if (fields is not null)
        {
            writer.WriteStartObject("fields"u8);
            foreach (var (name, reason) in fields)
            {
                writer.WriteString(name, reason);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private sealed class ProblemWithFields(Problem problem, IReadOnlyDictionary<string, string> fields) : IProblemResult
    {
        public Problem Problem => problem;

        public Task ExecuteAsync(HttpContext httpContext) => problem.WriteAsync(httpContext.Response, fields);
    }

    private sealed class ProblemWithRetry(Problem problem, TimeSpan wait) : IProblemResult
    {
        public Problem Problem => problem;

        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            return problem.ExecuteAsync(httpContext);
        }
    }

    /// <summary>The code of a result, for the log; <c>ok</c> when it is no problem.</summary>
    public static string CodeOf(object? result) => result switch
    {
        Problem problem => problem.Error,
        IProblemResult refined => refined.Problem.Error,
        _ => "ok",
    };

    private interface IProblemResult : IResult
    {
        Problem Problem { get; }
    }
}
