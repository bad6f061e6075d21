namespace ServiceDefaults.OpenApi;

/// <summary>One way in which an API refuses, for its description.</summary>
public interface IDescribedRefusal
{
    /// <summary>The HTTP status.</summary>
    int Status { get; }

    /// <summary>The stable code that clients look at.</summary>
    string Code { get; }

    /// <summary>What it means, in a sentence.</summary>
    string Meaning { get; }
}
