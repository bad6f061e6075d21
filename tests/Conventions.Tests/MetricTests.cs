using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;

namespace Conventions.Tests;

/// <summary>ServiceDefaults/METRICS.md lists what really is measured.</summary>
public sealed partial class MetricTests
{
    [Fact]
    public void Page_Metrics_AreTheInstrumentsThatExist()
    {
        var documented = Documented().ToList();
        var existing = Existing();
        var loaded = Assemblies().Select(assembly => assembly.GetName().Name!).ToHashSet(StringComparer.Ordinal);

        // A service that is not here yet may have its section already; its instruments are looked for as soon as it is.
        Assert.Equal(
            existing.Order(StringComparer.Ordinal),
            documented.Where(row => loaded.Contains(row.Meter.Split('.')[0])).Select(row => row.Text).Order(StringComparer.Ordinal));
        Assert.NotEmpty(existing);
    }

    [Fact]
    public void Instruments_Descriptions_AreThere()
    {
        using var instruments = new Instruments();

        Assert.Empty(instruments.All.Where(instrument => string.IsNullOrWhiteSpace(instrument.Description)).Select(instrument => instrument.Name));
    }

    private static List<string> Existing()
    {
        using var instruments = new Instruments();
        return [.. instruments.All.Select(instrument => $"{instrument.Meter.Name}: {instrument.Name} ({KindOf(instrument)}, {instrument.Unit})")];
    }

    private static IEnumerable<(string Meter, string Text)> Documented()
    {
        var meter = "";
        foreach (var line in File.ReadLines(Repository.At("ServiceDefaults/METRICS.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                meter = line[3..].Trim();
            }
            else if (Row().Match(line) is { Success: true } row)
            {
                yield return (meter, $"{meter}: {row.Groups["name"].Value} ({row.Groups["kind"].Value}, {row.Groups["unit"].Value})");
            }
        }
    }

    private static IEnumerable<Assembly> Assemblies()
        => Service.All.Select(service => service.Assembly).Append(typeof(Microsoft.Extensions.Hosting.ServiceDefaultsExtensions).Assembly);

    private static string KindOf(Instrument instrument) => instrument.GetType().Name.Split('`')[0] switch
    {
        "Counter" or "ObservableCounter" => "counter",
        "UpDownCounter" or "ObservableUpDownCounter" => "up-down counter",
        "Gauge" or "ObservableGauge" => "gauge",
        "Histogram" => "histogram",
        var other => other,
    };

    [GeneratedRegex(@"^\| `(?<name>[a-z_.]+)` \| (?<kind>[a-z-]+( [a-z]+)?) \| `(?<unit>[^`]+)` \|( [^|]+ \|){2}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();

    /// <summary>Every instrument of every class that takes a meter factory. Nothing is measured, so what else they take is not needed.</summary>
    private sealed class Instruments : IDisposable
    {
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        private readonly MeterListener _listener = new();

        public Instruments()
        {
            var meters = _services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, _) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    All.Add(instrument);
                }
            };
            _listener.Start();
            foreach (var constructor in Assemblies().SelectMany(assembly => assembly.GetTypes())
                .SelectMany(type => type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
                .Where(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == typeof(IMeterFactory))))
            {
                constructor.Invoke([.. constructor.GetParameters().Select(parameter => parameter.ParameterType == typeof(IMeterFactory) ? meters : Anything(parameter.ParameterType))]);
            }
        }

        public List<Instrument> All { get; } = [];

        public void Dispose()
        {
            _listener.Dispose();
            _services.Dispose();
        }

        private static object? Anything(Type type) => type.IsInterface || type.IsAbstract ? null : RuntimeHelpers.GetUninitializedObject(type);
    }
}
