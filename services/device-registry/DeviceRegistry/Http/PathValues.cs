using System.Globalization;
using DeviceRegistry.Domain;

namespace DeviceRegistry.Http;

/// <summary>Ids in paths, queries and headers (contract §1.1).</summary>
internal static class PathValues
{
    /// <summary>The greatest whole number that JavaScript holds exactly, 2⁵³ − 1.</summary>
    public const long MaximumGroupId = 9007199254740991;

    /// <summary>Reads <c>{groupId}</c>: digits without sign or leading zero.</summary>
    public static bool TryReadGroupId(HttpContext http, out long groupId)
        => TryReadGroupId(http.Request.RouteValues["groupId"] as string, out groupId);

    /// <inheritdoc cref="TryReadGroupId(HttpContext, out long)"/>
    public static bool TryReadGroupId(ReadOnlySpan<char> text, out long groupId)
    {
        groupId = 0;
        return text.Length is > 0 and <= 16
            && text[0] != '0'
            && !text.ContainsAnyExceptInRange('0', '9')
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out groupId)
            && groupId <= MaximumGroupId;
    }

    /// <summary>Reads an id that the server made. What is no UUID is the id of nothing.</summary>
    public static Guid? Id(string? text) => Uuid.TryParse(text, out var id) ? id : null;
}
