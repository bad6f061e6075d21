using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ServiceDefaults.Http;

/// <summary>
/// Tells whoever watches why a request was refused: attribute <c>error.type</c> (OpenTelemetry semantic conventions, HTTP) of the server's span
/// and of <c>http.server.request.duration</c>, which the status alone does not say.
/// </summary>
public static class RefusalReason
{
    private const string Attribute = "error.type";

    /// <summary>Adds the reason to what is told of this request; the first one counts.</summary>
    /// <param name="reason">One of few words that stand in the code, such as the stable code of the error; never anything that a client sent.</param>
    public static void Tell(HttpContext http, string reason)
    {
        if (http.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span && span.GetTagItem(Attribute) is null)
        {
            span.SetTag(Attribute, reason);
        }

        if (http.Features.Get<IHttpMetricsTagsFeature>() is { } metrics && !metrics.Tags.Any(static tag => tag.Key == Attribute))
        {
            metrics.Tags.Add(new KeyValuePair<string, object?>(Attribute, reason));
        }
    }
}
