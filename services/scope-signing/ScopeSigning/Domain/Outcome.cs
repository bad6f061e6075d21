using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace ScopeSigning.Domain;

/// <summary>Either a value or the refusal that stands in its place. Refusals are expected, so they are no exceptions.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct Outcome<T>
    where T : class
{
    private Outcome(T? value, Refusal? refusal)
    {
        Value = value;
        Refusal = refusal;
    }

    public T? Value { get; }

    public Refusal? Refusal { get; }

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refusal refusal) => new(null, refusal);

    /// <summary>The default of this struct is a refusal too: nothing is accepted by accident.</summary>
    public bool IsRefused([NotNullWhen(true)] out Refusal? refusal, [NotNullWhen(false)] out T? value)
    {
        value = Value;
        refusal = value is null ? Refusal ?? ScopeSigningProblems.NotAuthenticated : null;
        return refusal is not null;
    }
}
