using Aspire.Hosting.Local.Dashboard.Telemetry;

namespace Aspire.Hosting.Local.Dashboard.Otlp;

/// <summary>
/// Reads an <c>ExportMetricsServiceRequest</c>: gauges, sums and histograms, which is what .NET sends. Exponential histograms and
/// summaries are rejected, each data point counted, so that their sender learns of it.
/// </summary>
internal static class OtlpMetrics
{
    /// <summary>.NET's defaults have 15 buckets.</summary>
    private const int MaxBuckets = 512;

    private const int Delta = 1;

    /// <summary><c>DataPointFlags.NO_RECORDED_VALUE</c>: the series has ended.</summary>
    private const ulong NoRecordedValue = 1;

    /// <exception cref="InvalidDataException">Malformed.</exception>
    public static OtlpBatch<MetricPoint> Read(ReadOnlySpan<byte> request, Func<TelemetryResource, TelemetryResource> intern)
    {
        var points = new List<MetricPoint>();
        long rejected = 0;
        OtlpEnvelope.Read(request, intern, (item, resource, scope) => rejected += ReadMetric(item, resource, scope, points));
        return new OtlpBatch<MetricPoint>(
            points, rejected, rejected == 0 ? "" : "Only gauges, sums and histograms whose buckets fit their bounds are kept, with at most 512 buckets.");
    }

    /// <returns>How many data points were rejected.</returns>
    private static long ReadMetric(ProtobufReader reader, TelemetryResource resource, string meter, List<MetricPoint> points)
    {
        string name = "", description = "", unit = "";
        var search = reader;
        while (search.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (1, WireType.Bytes): name = OtlpValues.ReadTruncatedString(ref search); break;
                case (2, WireType.Bytes): description = OtlpValues.ReadTruncatedString(ref search); break;
                case (3, WireType.Bytes): unit = OtlpValues.ReadTruncatedString(ref search); break;
                default: search.Skip(type); break;
            }
        }

        long rejected = 0;
        while (reader.TryReadField(out var field, out var type))
        {
            if (type != WireType.Bytes || field is not (5 or 7 or 9 or 10 or 11))
            {
                reader.Skip(type);
                continue;
            }

            var data = reader.ReadMessage();
            var (temporality, isMonotonic) = ReadSumProperties(data);
            var kind = field switch
            {
                5 => InstrumentKind.Gauge,
                7 => isMonotonic ? InstrumentKind.Counter : InstrumentKind.UpDownCounter,
                _ => InstrumentKind.Histogram,
            };
            rejected += ReadPoints(data, field, resource, new Instrument(meter, name, description, unit, kind), field != 5 && temporality == Delta, points);
        }

        return rejected;
    }

    /// <summary>Fields 2 and 3 of <c>Sum</c> and <c>Histogram</c>; a gauge has neither.</summary>
    private static (int Temporality, bool IsMonotonic) ReadSumProperties(ProtobufReader reader)
    {
        var temporality = 0;
        var isMonotonic = false;
        while (reader.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (2, WireType.Varint): temporality = (int)Math.Min(reader.ReadVarint(), 3); break;
                case (3, WireType.Varint): isMonotonic = reader.ReadVarint() != 0; break;
                default: reader.Skip(type); break;
            }
        }

        return (temporality, isMonotonic);
    }

    private static long ReadPoints(
        ProtobufReader reader, int metricField, TelemetryResource resource, Instrument instrument, bool isDelta, List<MetricPoint> points)
    {
        long rejected = 0;
        while (reader.TryReadField(out var field, out var type))
        {
            if ((field, type) != (1, WireType.Bytes))
            {
                reader.Skip(type);
                continue;
            }

            var point = reader.ReadMessage();
            var isRead = metricField switch
            {
                5 or 7 => ReadNumber(point, resource, instrument, isDelta, points),
                9 => ReadHistogram(point, resource, instrument, isDelta, points),
                _ => false,
            };
            rejected += isRead ? 0 : 1;
        }

        return rejected;
    }

    private static bool ReadNumber(ProtobufReader reader, TelemetryResource resource, Instrument instrument, bool isDelta, List<MetricPoint> points)
    {
        ulong start = 0, time = 0, flags = 0;
        double value = 0;
        var attributes = new List<TelemetryAttribute>();
        while (reader.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (2, WireType.Fixed64): start = reader.ReadFixed64(); break;
                case (3, WireType.Fixed64): time = reader.ReadFixed64(); break;
                case (4, WireType.Fixed64): value = reader.ReadDouble(); break;
                case (6, WireType.Fixed64): value = unchecked((long)reader.ReadFixed64()); break;
                case (7, WireType.Bytes): OtlpValues.ReadAttribute(reader.ReadMessage(), attributes); break;
                case (8, WireType.Varint): flags = reader.ReadVarint(); break;
                default: reader.Skip(type); break;
            }
        }

        if ((flags & NoRecordedValue) != 0)
        {
            return true;
        }

        if (!double.IsFinite(value) || instrument.Name.Length == 0)
        {
            return false;
        }

        points.Add(new MetricPoint(resource, instrument, Sorted(attributes), start, time, isDelta, value, null));
        return true;
    }

    private static bool ReadHistogram(ProtobufReader reader, TelemetryResource resource, Instrument instrument, bool isDelta, List<MetricPoint> points)
    {
        ulong start = 0, time = 0, count = 0, flags = 0;
        double sum = 0;
        List<ulong> buckets = [], bounds = [];
        var attributes = new List<TelemetryAttribute>();
        while (reader.TryReadField(out var field, out var type))
        {
            switch (field, type)
            {
                case (2, WireType.Fixed64): start = reader.ReadFixed64(); break;
                case (3, WireType.Fixed64): time = reader.ReadFixed64(); break;
                case (4, WireType.Fixed64): count = reader.ReadFixed64(); break;
                case (5, WireType.Fixed64): sum = reader.ReadDouble(); break;
                case (6, WireType.Bytes or WireType.Fixed64): reader.ReadFixed64s(type, buckets); break;
                case (7, WireType.Bytes or WireType.Fixed64): reader.ReadFixed64s(type, bounds); break;
                case (9, WireType.Bytes): OtlpValues.ReadAttribute(reader.ReadMessage(), attributes); break;
                case (10, WireType.Varint): flags = reader.ReadVarint(); break;
                default: reader.Skip(type); break;
            }
        }

        if ((flags & NoRecordedValue) != 0)
        {
            return true;
        }

        // metrics.proto: one more bucket than bounds, or neither (then only count and sum are known, which is one bucket without bounds).
        if (buckets.Count == 0 && bounds.Count == 0)
        {
            buckets.Add(count);
        }

        var limits = bounds.ConvertAll(BitConverter.UInt64BitsToDouble).ToArray();
        if (buckets.Count != limits.Length + 1 || buckets.Count > MaxBuckets || !double.IsFinite(sum) || instrument.Name.Length == 0 || !IsRising(limits))
        {
            return false;
        }

        points.Add(new MetricPoint(
            resource, instrument, Sorted(attributes), start, time, isDelta, sum, new HistogramValue(limits, [.. buckets], count, sum)));
        return true;
    }

    private static bool IsRising(double[] bounds)
    {
        for (var i = 0; i < bounds.Length; i++)
        {
            if (!double.IsFinite(bounds[i]) || (i > 0 && bounds[i] <= bounds[i - 1]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The order of attributes means nothing; sorted, equal sets are equal lists.</summary>
    private static TelemetryAttribute[] Sorted(List<TelemetryAttribute> attributes)
    {
        attributes.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        return [.. attributes];
    }
}
