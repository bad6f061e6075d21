using System.Text.Json;
using System.Text.Json.Serialization;

namespace Aspire.Hosting.Local.Dashboard.Frontend;

/// <summary>How the JSON endpoints answer.</summary>
internal static class Answers
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.Strict,
    };

    public static Task JsonAsync<T>(HttpContext context, T value)
        => context.Response.WriteAsJsonAsync(value, Json, context.RequestAborted);

    public static Task ErrorAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return JsonAsync(context, new { error = message });
    }
}
