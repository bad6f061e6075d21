using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Text with values in it that are known only when the application runs.</summary>
public class ReferenceExpression : IValueProvider, IManifestExpressionProvider, IValueWithReferences
{
    public static readonly ReferenceExpression Empty = new(string.Empty, [], []);

    private protected ReferenceExpression(string format, IReadOnlyList<IValueProvider> valueProviders, IReadOnlyList<string?> stringFormats)
    {
        Format = format;
        ValueProviders = valueProviders;
        StringFormats = stringFormats;
    }

    /// <summary>The text, with <c>{0}</c>, <c>{1}</c> … for the values.</summary>
    public string Format { get; }

    public IReadOnlyList<IValueProvider> ValueProviders { get; }

    /// <summary>For each value: null, or <c>uri</c> for percent-encoding.</summary>
    public IReadOnlyList<string?> StringFormats { get; }

    public IReadOnlyList<string> ManifestExpressions => [.. ValueProviders.Select(p => ((IManifestExpressionProvider)p).ValueExpression)];

    public virtual string ValueExpression => string.Format(CultureInfo.InvariantCulture, Format, [.. ManifestExpressions]);

    IEnumerable<object> IValueWithReferences.References => ValueProviders;

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    public virtual async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        var values = new object?[ValueProviders.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Encode(await ValueProviders[i].GetValueAsync(cancellationToken), StringFormats[i]);
        }

        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    ValueTask<string?> IValueProvider.GetValueAsync(CancellationToken cancellationToken) => GetValueAsync(cancellationToken);

    internal static string? Encode(string? value, string? format)
        => format switch
        {
            null => value,
            "uri" => value is null ? null : Uri.EscapeDataString(value),
            _ => throw new FormatException($"'{format}' is no format of a reference expression; 'uri' is."),
        };

    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        private readonly StringBuilder _format = new(literalLength + (formattedCount * 3));
        private readonly List<IValueProvider> _providers = new(formattedCount);
        private readonly List<string?> _formats = new(formattedCount);

        public readonly void AppendLiteral(string value)
            => _format.Append(value.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

        public readonly void AppendFormatted(string? value) => AppendLiteral(value ?? string.Empty);

        public readonly void AppendFormatted(string? value, string? format = null) => AppendLiteral(Encode(value, format) ?? string.Empty);

        public readonly void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider
            => Append(valueProvider, format: null);

        public readonly void AppendFormatted<T>(T valueProvider, string? format = null)
            where T : IValueProvider, IManifestExpressionProvider
            => Append(valueProvider, format);

        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider
            => Append((valueProvider ?? throw new ArgumentNullException(nameof(valueProvider))).Resource, format: null);

        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider, string? format = null)
            where T : IResource, IValueProvider, IManifestExpressionProvider
            => Append((valueProvider ?? throw new ArgumentNullException(nameof(valueProvider))).Resource, format);

        internal ReferenceExpression Build() => new(_format.ToString(), _providers, _formats);

        private void Append(IValueProvider provider, string? format)
        {
            _format.Append(CultureInfo.InvariantCulture, $"{{{_providers.Count}}}");
            _providers.Add(provider);
            _formats.Add(format);
        }
    }
}

/// <summary>
/// Text that depends on the deployment. Here only one question is asked, whether an endpoint speaks TLS, and no endpoint of this
/// engine does; the manifest names the expression so that another tool can answer it.
/// </summary>
internal sealed class ConditionalExpression(string condition, ReferenceExpression whenTrue, ReferenceExpression whenFalse)
    : ReferenceExpression(string.Empty, [], [])
{
    private const string MatchValue = "True";

    public ReferenceExpression WhenFalse { get; } = whenFalse;

    /// <summary>The name of its entry in the manifest.</summary>
    public string Name { get; } = $"cond-{Sanitize(condition)}-{XxHash32.HashToHex(condition + whenTrue.ValueExpression + whenFalse.ValueExpression + MatchValue)}";

    public override string ValueExpression => $"{{{Name}.connectionString}}";

    public override ValueTask<string?> GetValueAsync(CancellationToken cancellationToken) => WhenFalse.GetValueAsync(cancellationToken);

    private static string Sanitize(string expression)
        => string.Join('-', expression.ToLowerInvariant().Split(
            [.. expression.ToLowerInvariant().Where(c => !char.IsLetterOrDigit(c)).Distinct()], StringSplitOptions.RemoveEmptyEntries));
}
