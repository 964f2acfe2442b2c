<?php
// Runs samples: each line of the input is the code of one, as a JSON string,
// and is answered by a line with the status that it got and what it printed.

error_reporting(E_ALL);
set_error_handler(function ($level, $message, $file, $line) {
    // The pages call curl_close, which newer versions of PHP would rather not see.
    if ($level === E_DEPRECATED) {
        return true;
    }
    throw new ErrorException($message, 0, $level, $file, $line);
});

function run(string $code): array
{
    ob_start();
    try {
        eval($code);
        $failure = curl_error($curl);
    } catch (Throwable $e) {
        $failure = (string) $e;
    }
    $printed = ob_get_clean();
    return [
        'status' => isset($curl) ? curl_getinfo($curl, CURLINFO_RESPONSE_CODE) : 0,
        'output' => $printed,
        'response' => $response ?? null,
        'failure' => $failure,
    ];
}

while (($line = fgets(STDIN)) !== false) {
    echo json_encode(run(json_decode($line)), JSON_THROW_ON_ERROR), "\n";
}
