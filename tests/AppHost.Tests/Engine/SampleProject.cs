using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.Local;

namespace AppHost.Tests.Engine;

/// <summary>The sample service, as the build would describe it.</summary>
internal sealed class SampleProject : IProjectMetadata, IBuiltProject
{
    public string AssemblyPath { get; } = Built("SampleService");

    public string ProjectPath => Path.Combine(AssemblyPath[..AssemblyPath.IndexOf("/bin/", StringComparison.Ordinal)], "SampleService.csproj");

    public bool SuppressBuild => true;

    /// <summary>Path of a program that was built for these tests.</summary>
    public static string Built(string name)
        => typeof(SampleProject).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == name).Value!;
}
