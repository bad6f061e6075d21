namespace ServiceDefaults.Tests.Infrastructure;

/// <summary>Marks this assembly, which embeds no migrations.</summary>
internal sealed class NoMigrations;
