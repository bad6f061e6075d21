using System.Text.Json;

namespace PhoneSimulator;

/// <summary>The secrets that AppHost made at its first start and keeps in its user secrets.</summary>
internal static class DeveloperSecrets
{
    /// <summary>Pairing's admin key, or nothing when AppHost has not run here.</summary>
    public static string? AdminKey()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var file = OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "Microsoft", "UserSecrets", "platform-apphost", "secrets.json")
            : Path.Combine(home, ".microsoft", "usersecrets", "platform-apphost", "secrets.json");
        if (!File.Exists(file))
        {
            return null;
        }

        using var secrets = JsonDocument.Parse(File.ReadAllBytes(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return secrets.RootElement.TryGetProperty("Parameters:pairing-admin-key", out var key) ? key.GetString() : null;
    }
}
