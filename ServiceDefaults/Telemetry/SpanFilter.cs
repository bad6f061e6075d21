using System.Diagnostics;
using OpenTelemetry;

namespace ServiceDefaults.Telemetry;

/// <summary>Keeps health probes, with all that they cause, and query strings out of the exported spans.</summary>
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

        if (data.GetTagItem("url.query") is not null)
        {
            data.SetTag("url.query", null);
        }

        foreach (var name in (ReadOnlySpan<string>)["url.full", "http.url", "http.target"])
        {
            if (data.GetTagItem(name) is string url && url.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query)
            {
                data.SetTag(name, url[..query]);
            }
        }
    }
}
