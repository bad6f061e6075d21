using System.Globalization;
using System.Text.Json;
using ServiceDefaults.Http;

namespace IdentityAuth.Http;

/// <summary>One way in which this API refuses (contract §1.5): a status, a stable code and a text for people.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The stable code, member <c>code</c>.</param>
/// <param name="Message">Member <c>message</c>: not part of the contract.</param>
public sealed record Problem(int Status, string Code, string Message) : IResult, IDescribedRefusal
{
    private const string MediaType = "application/json; charset=utf-8";

    /// <summary>How long a client should wait that we have to send away, in seconds.</summary>
    private const string DefaultRetryAfter = "2";

    string IDescribedRefusal.Meaning => Message;

    public Task ExecuteAsync(HttpContext httpContext) => WriteAsync(httpContext, null);

    /// <summary>The same problem with members beside code and message.</summary>
    public IResult With(Action<Utf8JsonWriter> members) => new ProblemWithMembers(this, members, null);

    /// <summary>The same problem with members, saying when to come back.</summary>
    /// <param name="wait">Whole seconds are told, at least one.</param>
    public IResult With(TimeSpan wait, Action<Utf8JsonWriter> members) => new ProblemWithMembers(this, members, wait);

    internal async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter>? members)
    {
        RefusalReason.Tell(http, Code);
        var response = http.Response;
        response.StatusCode = Status;
        response.ContentType = MediaType;
        if (Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable && response.Headers.RetryAfter.Count == 0)
        {
            response.Headers.RetryAfter = DefaultRetryAfter;
        }

        if (HttpMethods.IsHead(http.Request.Method))
        {
            return;
        }

        using (var writer = new Utf8JsonWriter(response.BodyWriter))
        {
            writer.WriteStartObject();
            writer.WriteString("code"u8, Code);
            writer.WriteString("message"u8, Message);
            members?.Invoke(writer);
            writer.WriteEndObject();
        }

        await response.BodyWriter.FlushAsync(http.RequestAborted);
    }

    private sealed class ProblemWithMembers(Problem problem, Action<Utf8JsonWriter> members, TimeSpan? wait) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            if (wait is { } time)
            {
                httpContext.Response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
            }

            return problem.WriteAsync(httpContext, members);
        }
    }
}
