using System.Security.Cryptography;
using Aspire.Hosting.Publishing;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A random value of the wanted character classes.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    // Without i, l, o and their capitals: people read these aloud and type them.
    private const string LowerCharacters = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperCharacters = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string NumericCharacters = "0123456789";

    // None of these needs quoting in a connection string.
    private const string SpecialCharacters = "-_.{}~()*+!";

    /// <summary>Length in characters. 22 of 67 characters hold at least 128 bits.</summary>
    public int MinLength { get; set; } = 22;

    public bool Lower { get; set; } = true;

    public bool Upper { get; set; } = true;

    public bool Numeric { get; set; } = true;

    public bool Special { get; set; } = true;

    public int MinLower { get; set; }

    public int MinUpper { get; set; }

    public int MinNumeric { get; set; }

    public int MinSpecial { get; set; }

    public override string GetDefaultValue()
    {
        (bool Use, string Characters, int Minimum)[] classes =
        [
            (Lower, LowerCharacters, MinLower),
            (Upper, UpperCharacters, MinUpper),
            (Numeric, NumericCharacters, MinNumeric),
            (Special, SpecialCharacters, MinSpecial),
        ];
        if (classes.Any(c => c.Minimum < 0 || (c.Minimum > 0 && !c.Use)) || !classes.Any(c => c.Use))
        {
            throw new InvalidOperationException("A generated value needs at least one character class, and no minimum for a class that is not used.");
        }

        var required = classes.Where(c => c.Use).SelectMany(c => RandomNumberGenerator.GetItems<char>(c.Characters, c.Minimum)).ToArray();
        var all = string.Concat(classes.Where(c => c.Use).Select(c => c.Characters));
        char[] value = [.. required, .. RandomNumberGenerator.GetItems<char>(all, Math.Max(MinLength - required.Length, 0))];
        RandomNumberGenerator.Shuffle(value.AsSpan());
        return new string(value);
    }

    public override void WriteToManifest(ManifestPublishingContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var writer = context.Writer;
        writer.WriteStartObject("generate");
        writer.WriteNumber("minLength", MinLength);
        WriteUnused("lower", Lower);
        WriteUnused("upper", Upper);
        WriteUnused("numeric", Numeric);
        WriteUnused("special", Special);
        WriteMinimum("minLower", MinLower);
        WriteMinimum("minUpper", MinUpper);
        WriteMinimum("minNumeric", MinNumeric);
        WriteMinimum("minSpecial", MinSpecial);
        writer.WriteEndObject();

        void WriteUnused(string name, bool used)
        {
            if (!used)
            {
                writer.WriteBoolean(name, value: false);
            }
        }

        void WriteMinimum(string name, int value)
        {
            if (value > 0)
            {
                writer.WriteNumber(name, value);
            }
        }
    }
}
