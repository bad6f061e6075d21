using System.Text.Json;

namespace Aspire.Hosting.Local.Configuration;

/// <summary>One profile of a project's <c>Properties/launchSettings.json</c>.</summary>
internal sealed record LaunchProfile(string Name, string? ApplicationUrl, IReadOnlyDictionary<string, string> EnvironmentVariables)
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads the named profile, or the first that starts the project; null when there is none.</summary>
    /// <exception cref="DistributedApplicationException">There is no profile of that name.</exception>
    public static LaunchProfile? Read(string projectDirectory, string? name = null)
    {
        var path = Path.Combine(projectDirectory, "Properties", "launchSettings.json");
        if (File.Exists(path))
        {
            using var document = JsonDocument.Parse(File.ReadAllText(path), Lenient);
            if (document.RootElement.TryGetProperty("profiles", out var profiles))
            {
                foreach (var profile in profiles.EnumerateObject())
                {
                    if (name is null ? Text(profile.Value, "commandName") is "Project" or "Executable" : profile.NameEquals(name))
                    {
                        return new(profile.Name, Text(profile.Value, "applicationUrl"), Variables(profile.Value));
                    }
                }
            }
        }

        return name is null ? null : throw new DistributedApplicationException($"There is no launch profile '{name}' in '{path}'.");
    }

    private static string? Text(JsonElement element, string property)
        => element.TryGetProperty(property, out var value) ? value.GetString() : null;

    private static Dictionary<string, string> Variables(JsonElement profile)
        => profile.TryGetProperty("environmentVariables", out var variables)
            ? variables.EnumerateObject().ToDictionary(v => v.Name, v => v.Value.GetString() ?? string.Empty, StringComparer.Ordinal)
            : [];
}
