using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace Aspire.Hosting.Local.Configuration;

/// <summary>The file in the user's home in which generated secrets are kept, where Aspire keeps them too.</summary>
internal static class UserSecrets
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>How long another AppHost that writes the same file is waited for.</summary>
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    /// <summary>The path of the file, or null when the assembly names no secrets id.</summary>
    public static string? PathOf(Assembly? assembly)
        => assembly?.GetCustomAttribute<UserSecretsIdAttribute>()?.UserSecretsId is { Length: > 0 } id
            ? PathHelper.GetSecretsPathFromSecretsId(id)
            : null;

    /// <summary>Keeps a value unless the file already has one for the key; what else is in the file stays.</summary>
    /// <returns>The value that the file has now.</returns>
    public static string KeepOrGet(string path, string key, string value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (Lock(path))
        {
            var content = File.Exists(path) && File.ReadAllText(path) is { Length: > 0 } text
                ? JsonNode.Parse(text, documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true })!.AsObject()
                : [];
            if (Find(content, key) is { } kept)
            {
                return kept;
            }

            content[key] = value;

            // Written beside and renamed: a crash in between leaves the old file.
            var temporary = $"{path}.{Guid.NewGuid():N}";
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            using (var writer = new StreamWriter(temporary, options))
            {
                writer.Write(content.ToJsonString(Indented));
            }

            File.Move(temporary, path, overwrite: true);
            return value;
        }
    }

    // Two AppHosts that start at the same time agree on one value.
    private static FileStream Lock(string path)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                // The file stays: whoever had opened one that is deleted then would lock what nobody else sees.
                return new FileStream($"{path}.lock", FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(begun) < LockPatience)
            {
                Thread.Sleep(20);
            }
        }
    }

    // Keys are written flat ("Parameters:x") by .NET's tools, and may be nested by a person.
    private static string? Find(JsonObject content, string key)
    {
        foreach (var (name, node) in content)
        {
            if (string.Equals(name, key, StringComparison.OrdinalIgnoreCase) && node is JsonValue)
            {
                return node.ToString();
            }

            if (node is JsonObject nested && key.StartsWith(name + ':', StringComparison.OrdinalIgnoreCase)
                && Find(nested, key[(name.Length + 1)..]) is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
