namespace DeviceRegistry.Domain;

/// <summary>Somebody in a group, by his row.</summary>
/// <param name="Identity"><see langword="null"/> while only his address is known: whoever turns up with it, verified, is meant.</param>
/// <param name="IsActive">Otherwise removed.</param>
public sealed record Member(string? Identity, string? Email, string? FirstName, string? LastName, bool IsActive, IReadOnlyList<string> Roles);
