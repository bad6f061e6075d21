using System.Runtime.InteropServices;

namespace Aspire.Hosting.Local.Engine;

/// <summary>The <c>dotnet</c> that runs this process: what was built with it runs with it.</summary>
internal static class DotNetHost
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        // {root}/shared/Microsoft.NETCore.App/{version}/
        var runtime = RuntimeEnvironment.GetRuntimeDirectory();
        var host = System.IO.Path.GetFullPath(System.IO.Path.Combine(runtime, "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        return File.Exists(host) ? host : Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
    }
}
