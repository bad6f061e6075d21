using System.Reflection;

namespace AppHost;

/// <summary>The first printed line: which engine runs the app model, and why.</summary>
internal static class Announcement
{
    public static void Print()
    {
        var assembly = typeof(Announcement).Assembly;
        if (Assembly.GetEntryAssembly() != assembly)
        {
            return; // Started by a test: the output is the test's.
        }

#if USE_ASPIRE
        const string engine = "Aspire, in containers";
#else
        const string engine = "the default one, on this machine's own servers";
#endif
        var reason = assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == "UseAspireReason")?.Value;
        Console.WriteLine($"Engine: {engine} ({reason}).");
    }
}
