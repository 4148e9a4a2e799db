// Whether the server beside it lives: for an image in
// which there is no other program that could ask.

namespace App;

public static class Probe
{
    public static async Task<int> Run(string? port)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            var live = $"http://127.0.0.1:{(string.IsNullOrEmpty(port) ? "8080" : port)}/livez";
            using var answer = await client.GetAsync(live);
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return 1;
        }
    }
}
