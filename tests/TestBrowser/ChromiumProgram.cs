#if !USE_ASPIRE
using Aspire.Hosting.Local.Servers;
#endif

namespace TestBrowser;

/// <summary>Where Chromium is on this machine.</summary>
internal static class ChromiumProgram
{
    private const string Variable = "CHROMIUM_PATH";

    /// <summary>The path in <c>CHROMIUM_PATH</c>, or else the one that is found, after an installation when there is none.</summary>
    public static async Task<string> FindAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
        {
            return path;
        }

#if USE_ASPIRE
        // The default engine, which knows how to install a browser, is not part of this build.
        string[] places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
        return await Task.FromResult(places.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"The browser tests need Chromium: 'apt-get install chromium', or its path in {Variable}."));
#else
        var mayInstall = Environment.GetEnvironmentVariable("AppHost__InstallMissing") is not "false";
        await Provisioning.EnsureAsync(new HashSet<Requirement> { Requirement.Chromium }, mayInstall, Console.WriteLine, CancellationToken.None);
        return ServerPrograms.Chromium()!;
#endif
    }
}
