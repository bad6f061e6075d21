using System.Text.Json;

namespace Gateway.Errors;

/// <summary>
/// How one API family words the errors that the gateway makes on its paths: body, status and who may read it in a browser.
/// </summary>
internal abstract class ApiFamily
{
    /// <summary>Service name, <see cref="Routing.ServiceNames"/>; <see langword="null"/> is the platform itself.</summary>
    public abstract string? Service { get; }

    /// <summary>Media type of an error body.</summary>
    public abstract string MediaType { get; }

    /// <summary>Who may read an answer in a browser; <see langword="null"/>: only pages of the same origin.</summary>
    public virtual CorsRules? CorsFor(PathString path) => null;

    /// <summary>The status that the family uses where the gateway would say <paramref name="status"/>.</summary>
    public virtual int StatusFor(int status) => status;

    /// <summary>Header fields besides those that every family has in common.</summary>
    public virtual void AddHeaders(IHeaderDictionary headers, in GatewayError error)
    {
    }

    /// <summary>Writes the members of the body; the object around them stands.</summary>
    public abstract void WriteMembers(Utf8JsonWriter json, in GatewayError error);
}
