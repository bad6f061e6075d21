namespace Campaigns.Tests.BadInput.Insiders;

/// <summary>
/// Knows one service well enough to make requests that it would accept: credentials, ids that exist, tokens with good signatures. Spoilt
/// requests then get behind the first check. A service without an insider is asked all the same, by its OpenAPI document alone.
/// </summary>
/// <remarks>Every class that implements this is found by itself and made with its parameterless constructor.</remarks>
internal interface IInsider
{
    /// <summary>The service's name in the gateway's list.</summary>
    string Service { get; }

    /// <summary>Makes what later requests need.</summary>
    Task PrepareAsync(SignedInPlatform platform);

    /// <summary>Fills in what makes the draft acceptable.</summary>
    Task FillInAsync(RequestDraft draft, Random random);
}

internal static class EveryInsider
{
    public static IReadOnlyList<IInsider> All()
        =>
        [
            .. typeof(EveryInsider).Assembly.GetTypes()
                .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IInsider)))
                .Select(type => (IInsider)Activator.CreateInstance(type)!),
        ];
}
