namespace IdentityAuth.Domain;

/// <summary>How old somebody is, and has to be (contract §3.1).</summary>
internal static class Age
{
    private const int Minimum = 13;

    private static readonly Dictionary<string, int> ByCountry = new[]
        {
            (Countries: "KR AT BG CY IT LT ES CL CO PE VE", Age: 14),
            (Countries: "VN CZ FR GR RS", Age: 15),
            (Countries: "AW BQ CW SX HR DE HU IE LU NL PL RO SM SK SI", Age: 16),
        }
        .SelectMany(row => row.Countries.Split(' ').Select(country => (Country: country, row.Age)))
        .ToDictionary(row => row.Country, row => row.Age, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whole years. Who was born on the 29th of February has a birthday on the 1st of March of other years.</summary>
    public static int Of(DateOnly born, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var years = today.Year - born.Year;
        return (today.Month, today.Day).CompareTo((born.Month, born.Day)) < 0 ? years - 1 : years;
    }

    /// <summary>The least age for an account.</summary>
    /// <param name="country">ISO 3166-1 alpha-2; <see langword="null"/> when it is not known.</param>
    public static int MinimumIn(string? country) => country is null ? Minimum : ByCountry.GetValueOrDefault(country, Minimum);
}
