using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local.Configuration;

/// <summary>Finds the value of a parameter: configuration, else its default, which is kept when it is to stay the same.</summary>
internal sealed class ParameterStore(
    IConfiguration configuration,
    IHostEnvironment environment,
    DistributedApplicationExecutionContext executionContext,
    bool ephemeral,
    string? userSecretsPath)
{
    /// <summary>The configured value: <c>Parameters:{name}</c>, or the same with <c>_</c> for <c>-</c>, which a shell can export.</summary>
    public string? Configured(string name)
        => NotEmpty(configuration[$"Parameters:{name}"]) ?? NotEmpty(configuration[$"Parameters:{Exportable(name)}"]);

    /// <param name="keep">Whether a generated value is kept for the next start.</param>
    /// <param name="isServerPassword">A password that only this stack's own server knows.</param>
    /// <exception cref="DistributedApplicationException">There is no value; the message says how to give one.</exception>
    public string Value(string name, ParameterDefault? parameterDefault, bool keep = false, bool isServerPassword = false)
    {
        if (Configured(name) is { } configured)
        {
            return configured;
        }

        if (parameterDefault is null)
        {
            throw Missing(name, $"The parameter '{name}' has no value.");
        }

        if (parameterDefault is ConstantParameterDefault)
        {
            return parameterDefault.GetDefaultValue();
        }

        if (executionContext.IsRunMode && !environment.IsDevelopment() && !(ephemeral && isServerPassword))
        {
            throw Missing(name, $"The parameter '{name}' has no value, and outside Development (this is {environment.EnvironmentName}) none is generated.");
        }

        var value = parameterDefault.GetDefaultValue();
        return keep && !ephemeral && executionContext.IsRunMode && userSecretsPath is not null
            ? UserSecrets.KeepOrGet(userSecretsPath, $"Parameters:{name}", value)
            : value;
    }

    private static DistributedApplicationException Missing(string name, string problem)
        => new($"{problem} Set it: Parameters__{Exportable(name)}=… in the environment, or --Parameters:{name}=… on the command line.");

    private static string? NotEmpty(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static string Exportable(string name) => name.Replace('-', '_');
}
