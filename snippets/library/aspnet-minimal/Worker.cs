// Do what is queued: dotnet App.dll worker, in a container of its
// own, of the same image.

using System.Runtime.InteropServices;
using Npgsql;

namespace App;

public static class Worker
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1), Away = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Work until it is to end: the job at hand is finished first. Exit
    /// status: 0 where it was asked to end.
    /// </summary>
    public static async Task<int> Run(string database)
    {
        using ILoggerFactory logs = LoggerFactory.Create(Logs.ToStandardOutput);
        ILogger log = logs.CreateLogger("App.Worker");
        using var ending = new CancellationTokenSource();
        using var stop = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(database);
        log.LogInformation("the worker is ready");
        while (!ending.IsCancellationRequested)
        {
            TimeSpan pause = Idle;
            try
            {
                await Jobs.Schedule(source);
                while (!ending.IsCancellationRequested && await Jobs.Work(source, log))
                {
                }
            }
            catch (NpgsqlException error)
            {
                log.LogWarning("the database is not ready: {reason}", error.GetBaseException().Message);
                pause = Away;
            }
            // Asked to end, it waits no longer.
            await Task.Delay(pause, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        log.LogInformation("the worker has ended");
        return 0;

        void End(PosixSignalContext signal)
        {
            // By itself .NET would end here and now,
            // with a job in its hands.
            signal.Cancel = true;
            ending.Cancel();
        }
    }

    /// <summary>
    /// For a health check, as there is no server to ask. Exit status: 0
    /// where nothing that is due has waited for a minute.
    /// </summary>
    public static async Task<int> Late(string database)
    {
        try
        {
            await using NpgsqlDataSource source = NpgsqlDataSource.Create(database);
            long late = await Jobs.Late(source);
            Logs.Say(
                late == 0 ? LogLevel.Information : LogLevel.Error, $"{late} jobs are more than a minute late");
            return late == 0 ? 0 : 1;
        }
        catch (NpgsqlException error)
        {
            Logs.Say(LogLevel.Error, $"the database is not ready: {error.GetBaseException().Message}");
            return 1;
        }
    }
}
