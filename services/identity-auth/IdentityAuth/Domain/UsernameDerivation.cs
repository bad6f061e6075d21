using System.Security.Cryptography;
using System.Text;

namespace IdentityAuth.Domain;

/// <summary>Makes a username of a display name (contract §3.9).</summary>
internal static class UsernameDerivation
{
    private const int RandomLength = 10;

    // Letters with marks, other Latin letters, Greek and Cyrillic, with what stands for them in ASCII.
    private const string Table =
        "ÀÁÂÃÅĀĂĄǍ=A àáâãåāăąǎ=a Ä=Ae ä=ae Æ=AE æ=ae ÇĆĈĊČ=C çćĉċč=c ĎĐÐ=D ďđð=d ÈÉÊËĒĔĖĘĚ=E èéêëēĕėęě=e ĜĞĠĢ=G ĝğġģ=g ĤĦ=H ĥħ=h " +
        "ÌÍÎÏĨĪĬĮİ=I ìíîïĩīĭįı=i Ĵ=J ĵ=j Ķ=K ķĸ=k ĹĻĽĿŁ=L ĺļľŀł=l ÑŃŅŇŊ=N ñńņňŋ=n ÒÓÔÕŌŎŐØ=O òóôõōŏőø=o Ö=Oe ö=oe Œ=OE œ=oe ŔŖŘ=R ŕŗř=r " +
        "ŚŜŞŠȘ=S śŝşšșſ=s ẞ=SS ß=ss ŢŤŦȚ=T ţťŧț=t Þ=Th þ=th ÙÚÛŨŪŬŮŰŲ=U ùúûũūŭůűų=u Ü=Ue ü=ue Ŵ=W ŵ=w ÝŶŸ=Y ýŷÿ=y ŹŻŽ=Z źżž=z " +
        "ΑΆ=A αά=a Β=V β=v Γ=G γ=g Δ=D δ=d ΕΈ=E εέ=e Ζ=Z ζ=z ΗΉ=I ηή=i Θ=Th θ=th ΙΊΪ=I ιίϊΐ=i Κ=K κ=k Λ=L λ=l Μ=M μ=m Ν=N ν=n Ξ=X ξ=x ΟΌ=O οό=o Π=P π=p " +
        "Ρ=R ρ=r Σ=S σς=s Τ=T τ=t ΥΎΫ=Y υύϋΰ=y Φ=F φ=f Χ=Ch χ=ch Ψ=Ps ψ=ps ΩΏ=O ωώ=o " +
        "А=A а=a Б=B б=b В=V в=v ГҐ=G гґ=g Д=D д=d ЕЭ=E еэ=e Ё=Yo ё=yo Є=Ye є=ye Ж=Zh ж=zh З=Z з=z ИІ=I иі=i Ї=Yi ї=yi Й=Y й=y К=K к=k Л=L л=l М=M м=m Н=N н=n О=O о=o " +
        "П=P п=p Р=R р=r С=S с=s Т=T т=t У=U у=u Ф=F ф=f Х=Kh х=kh Ц=Ts ц=ts Ч=Ch ч=ch Ш=Sh ш=sh Щ=Shch щ=shch Ы=Y ы=y Ю=Yu ю=yu Я=Ya я=ya ЬЪьъ=";

    private static readonly Dictionary<char, string> Ascii = Table.Split(' ')
        .Select(entry => entry.Split('='))
        .SelectMany(parts => parts[0].Select(letter => (Letter: letter, Text: parts[1])))
        .ToDictionary(pair => pair.Letter, pair => pair.Text);

    /// <summary>A valid username, or <see langword="null"/> when nothing usable remains.</summary>
    public static string? From(string globalName)
    {
        var text = new StringBuilder(globalName.Length);
        var gap = false;
        foreach (var character in globalName)
        {
            if (char.IsWhiteSpace(character) || character is '-' or '.')
            {
                if (!gap)
                {
                    text.Append('_');
                }

                gap = true;
                continue;
            }

            gap = false;
            if (char.IsAsciiLetterOrDigit(character) || character == '_')
            {
                text.Append(character);
            }
            else if (Ascii.TryGetValue(character, out var ascii))
            {
                text.Append(ascii);
            }
        }

        if (text.Length > Names.MaximumLength)
        {
            text.Length = Names.MaximumLength;
        }

        var name = text.ToString();
        return Names.CheckUsername(name) == NameFault.None && name.AsSpan().ContainsAnyExcept('_') ? name : null;
    }

    /// <summary>A name for somebody who has none.</summary>
    public static string Random() => $"user_{RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", RandomLength)}";
}
