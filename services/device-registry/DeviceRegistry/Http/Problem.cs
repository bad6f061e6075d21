using System.Globalization;
using System.Text.Json;
using ServiceDefaults.Http;

namespace DeviceRegistry.Http;

/// <summary>One way in which this API refuses (contract §1.4): <c>{"error","message","requestId"}</c> and sometimes more.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Error">The stable code.</param>
/// <param name="Message">For people; may change.</param>
public sealed record Problem(int Status, string Error, string Message) : IResult, IDescribedRefusal
{
    private const string MediaType = "application/json; charset=utf-8";

    /// <summary>How long a client should wait that we have to send away, in seconds.</summary>
    private const string DefaultRetryAfter = "2";

    string IDescribedRefusal.Code => Error;

    string IDescribedRefusal.Meaning => Message;

    public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, more: null);

    /// <summary>The same problem, naming the fields that are at fault.</summary>
    public IResult With(IReadOnlyDictionary<string, string> fields) => new ProblemWithMore(this, writer =>
    {
        writer.WriteStartObject("fields"u8);
        foreach (var (name, reason) in fields)
        {
            writer.WriteString(name, reason);
        }

        writer.WriteEndObject();
    });

    /// <summary>The same problem with one field at fault.</summary>
    public IResult With(string field, string reason) => With(new Dictionary<string, string>(StringComparer.Ordinal) { [field] = reason });

    /// <summary>The same problem with further members.</summary>
    public IResult With(Action<Utf8JsonWriter> more) => new ProblemWithMore(this, more);

    /// <summary>The same problem, saying when to come back.</summary>
    public IResult RetryAfter(TimeSpan wait) => new ProblemWithRetry(this, wait);

    private async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter>? more)
    {
        RefusalReason.Tell(http, Error);
        var response = http.Response;
        response.StatusCode = Status;
        response.ContentType = MediaType;
        if (Status == StatusCodes.Status401Unauthorized)
        {
            // RFC 6750 §3. Why it was refused is nobody's business.
            response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        }

        if (Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable && response.Headers.RetryAfter.Count == 0)
        {
            response.Headers.RetryAfter = DefaultRetryAfter;
        }

        if (HttpMethods.IsHead(http.Request.Method))
        {
            return;
        }

        Write(response, more);
        await response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private void Write(HttpResponse response, Action<Utf8JsonWriter>? more)
    {
        using var writer = new Utf8JsonWriter(response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("error"u8, Error);
        writer.WriteString("message"u8, Message);
        writer.WriteString("requestId"u8, CorrelationId.Current);
        more?.Invoke(writer);
        writer.WriteEndObject();
    }

    private sealed class ProblemWithMore(Problem problem, Action<Utf8JsonWriter> more) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => problem.WriteAsync(httpContext, more);
    }

    private sealed class ProblemWithRetry(Problem problem, TimeSpan wait) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            return problem.ExecuteAsync(httpContext);
        }
    }
}
