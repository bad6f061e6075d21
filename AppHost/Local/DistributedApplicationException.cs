namespace Aspire.Hosting;

/// <summary>
/// The application cannot start or go on, for a reason that the person at the keyboard can act on: the message says what is
/// wrong and what to do. AppHost prints it without a stack trace and ends with exit code 1.
/// </summary>
public class DistributedApplicationException : Exception
{
    public DistributedApplicationException()
    {
    }

    public DistributedApplicationException(string message)
        : base(message)
    {
    }

    public DistributedApplicationException(string message, Exception? inner)
        : base(message, inner)
    {
    }
}
