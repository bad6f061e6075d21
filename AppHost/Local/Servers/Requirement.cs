namespace Aspire.Hosting.Local.Servers;

/// <summary>What a machine must have before a stack can run on it.</summary>
internal enum Requirement
{
    Postgres,
    Redis,
    RabbitMQ,

    /// <summary>libsodium: Ed25519.</summary>
    Sodium,

    /// <summary>libargon2: Argon2id.</summary>
    Argon2,

    /// <summary>A browser for the tests.</summary>
    Chromium,
}
