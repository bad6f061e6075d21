using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ScopeSigning.Domain;

/// <summary>A postal address; the member names are those of OpenID Connect Core §5.1.1.</summary>
internal sealed record PostalAddress
{
    private const int MaximumLength = 200;

    [JsonPropertyName("street_address")]
    public required string StreetAddress { get; init; }

    [JsonPropertyName("locality")]
    public required string Locality { get; init; }

    [JsonPropertyName("region")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Region { get; init; }

    [JsonPropertyName("postal_code")]
    public required string PostalCode { get; init; }

    /// <summary>ISO 3166-1 alpha-2, upper case.</summary>
    [JsonPropertyName("country")]
    public required string Country { get; init; }

    /// <summary>The form for limits, hashes and comparison: members in a fixed order, lower case.</summary>
    [JsonIgnore]
    public string Normal => string.Join('\u001f', StreetAddress, Locality, Region ?? "", PostalCode, Country).ToLowerInvariant();

    public static bool TryRead(JsonElement element, [NotNullWhen(true)] out PostalAddress? address)
    {
        address = null;
        if (element.ValueKind != JsonValueKind.Object
            || !TryReadLine(element, "street_address", out var street)
            || !TryReadLine(element, "locality", out var locality)
            || !TryReadLine(element, "postal_code", out var postalCode)
            || !TryReadLine(element, "country", out var country)
            || !IsCountry(country))
        {
            return false;
        }

        string? region = null;
        if (element.TryGetProperty("region", out _) && !TryReadLine(element, "region", out region))
        {
            return false;
        }

        address = new PostalAddress
        {
            StreetAddress = street,
            Locality = locality,
            Region = region,
            PostalCode = postalCode,
            Country = country,
        };
        return true;
    }

    public override string ToString() => "(postal address)";

    private static bool TryReadLine(JsonElement element, string name, [NotNullWhen(true)] out string? line)
    {
        line = element.TryGetProperty(name, out var member) ? member.StringOrNull() : null;
        return line is { Length: >= 1 and <= MaximumLength } && !line.Any(char.IsControl) && !string.IsNullOrWhiteSpace(line);
    }

    private static bool IsCountry(string country) => Countries.Contains(country);

    /// <summary>The officially assigned codes of ISO 3166-1, and XK, which stands for Kosovo in postal practice.</summary>
    private static readonly FrozenSet<string> Countries = (
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
        "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
        "GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
        "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT " +
        "MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
        "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ " +
        "UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW").Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
