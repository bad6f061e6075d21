using System.Reflection;

namespace Conventions.Tests;

/// <summary>The checkout that these tests look at.</summary>
internal static class Repository
{
    public static string Root { get; } = typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;

    /// <summary>Path of a file or folder, given as it is written in documents: with <c>/</c>, from the root.</summary>
    public static string At(string path) => Path.Combine(Root, path.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>C# files below a folder that somebody wrote.</summary>
    public static IEnumerable<string> SourcesBelow(string path)
        => !Directory.Exists(At(path))
            ? []
            : Directory.EnumerateFiles(At(path), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));
}
