using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace ServiceDefaults.Data;

/// <summary>The migrations of one assembly, in order.</summary>
internal sealed partial class MigrationSet
{
    /// <exception cref="MigrationException">Two files have one number.</exception>
    public MigrationSet(string source, IEnumerable<Migration> migrations)
    {
        Source = source;
        Migrations = [.. migrations.OrderBy(migration => migration.Number)];
        foreach (var (first, second) in Migrations.Zip(Migrations.Skip(1)))
        {
            if (first.Number == second.Number)
            {
                throw new MigrationException($"{source} embeds two migrations with one number: {first.FileName} and {second.FileName}. Give the newer one the next free number.");
            }
        }
    }

    /// <summary>Name of the assembly: numbers are counted per source.</summary>
    public string Source { get; }

    public IReadOnlyList<Migration> Migrations { get; }

    /// <summary>Reads every resource <c>….Migrations.NNNN_name.sql</c>.</summary>
    /// <exception cref="MigrationException">A file's name has another form.</exception>
    public static MigrationSet Embedded(Assembly assembly)
    {
        var source = assembly.GetName().Name!;
        return new MigrationSet(source, assembly.GetManifestResourceNames()
            .Where(name => name.Contains(".Migrations.", StringComparison.Ordinal) && name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => Read(assembly, source, name)));
    }

    private static Migration Read(Assembly assembly, string source, string resource)
    {
        var match = FileNamePattern().Match(resource);
        if (!match.Success)
        {
            throw new MigrationException($"{source} embeds {resource}, which is not named like 0001_what_it_does.sql.");
        }

        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return new Migration(
            int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture),
            match.Groups["file"].Value,
            reader.ReadToEnd().ReplaceLineEndings("\n"));
    }

    [GeneratedRegex(@"\.Migrations\.(?<file>(?<number>[0-9]{4})_[A-Za-z0-9_-]+\.sql)\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileNamePattern();
}
