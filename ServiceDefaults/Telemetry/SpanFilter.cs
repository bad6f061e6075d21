using System.Diagnostics;
using OpenTelemetry;

namespace ServiceDefaults.Telemetry;

/// <summary>
/// Keeps health probes, with all that they cause, out of the exported spans, and of every URL what may be a secret: the query, and the
/// path too, because ours carry codes and tokens. The route (server) and the host (client) say enough.
/// </summary>
internal sealed class SpanFilter : BaseProcessor<Activity>
{
    private const string ProbeMark = "ServiceDefaults.Probe";

    public static void MarkAsProbe(Activity activity) => activity.SetCustomProperty(ProbeMark, ProbeMark);

    // Exporters stand behind this processor and leave out what is not recorded.
    public override void OnEnd(Activity data)
    {
        for (var activity = data; activity is not null; activity = activity.Parent)
        {
            if (activity.GetCustomProperty(ProbeMark) is not null)
            {
                data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
                return;
            }
        }

        foreach (var name in (ReadOnlySpan<string>)["url.query", "url.path", "http.target"])
        {
            if (data.GetTagItem(name) is not null)
            {
                data.SetTag(name, null);
            }
        }

        foreach (var name in (ReadOnlySpan<string>)["url.full", "http.url"])
        {
            if (data.GetTagItem(name) is string url)
            {
                data.SetTag(name, Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.GetLeftPart(UriPartial.Authority) : null);
            }
        }
    }
}
