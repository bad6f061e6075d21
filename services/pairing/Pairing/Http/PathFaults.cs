namespace Pairing.Http;

/// <summary>Faults of path parameters, in the form of member <c>fields</c>.</summary>
internal static class PathFaults
{
    public static IReadOnlyDictionary<string, string> NotUuid(string name)
        => new Dictionary<string, string>(StringComparer.Ordinal) { [name] = "must be a UUID" };
}
